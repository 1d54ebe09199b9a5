export const listen = () => new EventSource("/elsewhere");
