/** How is a message copied? With the button that stands beside code, in the same words. */
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import { useWordsOf } from "../../lib/say.ts";
import { CopyButton } from "../../ui/copy-button.tsx";

export function CopyWords({ text }: { text: string }) {
  return <CopyButton text={text} words={useWordsOf<typeof webModelsEn>({ en: webModelsEn, es: webModelsEs })} />;
}
