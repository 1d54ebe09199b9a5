/** `holdfast version`: which version is this, of Holdfast and of what it brings along? */
import { Command } from "commander";
import { readVersion } from "#src/main.ts";

export function versionCommand(): Command {
  return new Command("version").description("show the version").action(() => {
    console.log(`Holdfast ${readVersion()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`);
  });
}
