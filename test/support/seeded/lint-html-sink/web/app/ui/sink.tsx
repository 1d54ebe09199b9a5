export const Sink = ({ html }: { html: string }) => <p dangerouslySetInnerHTML={{ __html: html }} />;
