export const egress = "egress";
