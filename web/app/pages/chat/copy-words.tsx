/** How is a message copied? With the button that stands beside code, in the same words. */
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import { useWordsOf } from "../../lib/say.ts";
import { CopyButton } from "../../ui/copy-button.tsx";

export function CopyWords({ text, className }: { text: string; className?: string }) {
  return (
    <CopyButton
      text={text}
      {...(className === undefined ? {} : { className })}
      words={useWordsOf<typeof webModelsEn>({ en: webModelsEn, es: webModelsEs })}
    />
  );
}
