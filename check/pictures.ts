/**
 * What does Holdfast look like? Takes the pictures under docs/images: each page and state at 360 and 1280 pixels, in light
 * and dark, from a running Holdfast with a second process as its model. `npm run pictures [name …]`
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { launchChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { GOOD_PASSWORD, openBrowser } from "#support/people.ts";
import { walkSmallPages, walkWebApp } from "#support/tour.ts";

const FOLDER = fileURLToPath(new URL("../docs/images/", import.meta.url));
const wanted = process.argv.slice(2);
const endings: (() => unknown)[] = [];
const afterwards = { after: (work: () => unknown) => void endings.push(work) };

mkdirSync(FOLDER, { recursive: true });
try {
  const server = await startOpenAiServer(afterwards as Parameters<typeof startOpenAiServer>[0], { models: ["steady-7b"] });
  const holdfast = await startHoldfast(afterwards, { env: { MODEL_URL: server.url } });
  const browser = await launchChromium();
  endings.push(() => browser.close());
  let operator = false;
  for (const width of [360, 1280]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const options = { viewport: { width, height: width === 360 ? 740 : 800 }, colorScheme };
      const look = async (page: Page, name: string) => {
        if (wanted.length > 0 && !wanted.includes(name)) return;
        await page.screenshot({ path: `${FOLDER}${name}-${width}-${colorScheme}.png`, animations: "disabled" });
        console.log(`docs/images/${name}-${width}-${colorScheme}.png`);
      };
      await walkSmallPages(browser, holdfast, options, look, `ada-${width}-${colorScheme}@example.org`);
      if (!operator) {
        const token = new URL(holdfast.firstOperatorUrl).searchParams.get("token");
        await openBrowser(holdfast.url).call("POST", "/first-operator", { token, address: "grace@example.org", password: GOOD_PASSWORD });
        operator = true;
      }
      await walkWebApp(browser, holdfast, options, look, { address: "grace@example.org", server });
    }
  }
} finally {
  for (const end of endings.toReversed()) await end();
}
