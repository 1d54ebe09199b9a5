async function sent(): Promise<boolean> {
  return true;
}

export const words = sent() ? "sent" : "not sent";
