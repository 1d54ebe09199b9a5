export const Frame = ({ html }: { html: string }) => <iframe title="frame" srcdoc={html} />;
