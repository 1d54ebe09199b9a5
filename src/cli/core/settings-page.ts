/** How does the table of settings read in the manual? Pure: made from src/settings.ts and nothing else. */
import { SETTING_NAMES, settingOf, type SettingName } from "#src/settings.ts";

/** As a machine with four cores shows it: what is expected may depend on the machine. */
const MACHINE = { cores: 4 };

const GROUPS: readonly { title: string; names: readonly SettingName[] }[] = [
  { title: "Where it is and what it listens on", names: ["PUBLIC_URL", "PORT", "HOST", "TRUSTED_PROXY_HOPS"] },
  { title: "Where things are kept", names: ["DATA_DIR", "DATABASE_URL"] },
  {
    title: "Letters",
    names: [
      "SMTP_URL",
      "MAIL_FROM",
      "LETTERS_PER_SECOND",
      "UNPROVEN_LETTERS_PER_HOUR",
      "CHECK_MAIL_DOMAINS",
      "DISPOSABLE_DOMAINS",
      "EFFORT_MINIMUM_BITS",
    ],
  },
  { title: "Models", names: ["MODEL_URL", "MODEL_KEY", "MODEL_NAME", "MODEL_DISCOVERY", "MODEL_FILE", "MODEL_HUB_URL", "MODEL_THREADS"] },
  { title: "The machine", names: ["HASHERS", "METRICS_PORT", "LOG_LEVEL"] },
];

const HEAD = `# Settings

Everything has a default that works on one machine. Settings are environment variables, or lines in a file \`holdfast.env\`
beside \`package.json\`:

\`\`\`sh
PUBLIC_URL=https://chat.example.org
SMTP_URL=smtps://user:password@smtp.example.org:465
\`\`\`

The environment wins over the file. An empty value counts as not set. Paths count from the project's folder. Every mistake
is told at once when Holdfast starts, with what was given and what is expected; secrets are shown as stars.
\`npx holdfast settings\` shows what is set.
`;

const FOOT = `
---

This page is made from \`src/settings.ts\` by \`npx holdfast settings --write\`.
`;

/** The whole page. Throws when a setting is in no group: then somebody added one and forgot it here. */
export function settingsPage(): string {
  const grouped = GROUPS.flatMap((group) => group.names);
  const left = SETTING_NAMES.filter((name) => !grouped.includes(name));
  if (left.length > 0) throw new Error(`these settings are in no group of the page: ${left.join(", ")}`);
  return HEAD + GROUPS.map(({ title, names }) => `\n## ${title}\n${names.map(entry).join("")}`).join("") + FOOT;
}

function entry(name: SettingName): string {
  const { purpose, expects, byDefault } = settingOf(name);
  const expected = typeof expects === "string" ? expects : `${expects(MACHINE)}; here for a machine with ${MACHINE.cores} cores`;
  return `\n### ${name}\n\n${purpose}\n\n- Expected: ${expected}\n- Default: ${byDefault}\n`;
}
