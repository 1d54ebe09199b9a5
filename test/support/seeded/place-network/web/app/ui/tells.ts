export const tell = () => window.navigator.sendBeacon("/elsewhere");
