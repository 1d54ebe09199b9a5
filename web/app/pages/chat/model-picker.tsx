/** Which model answers, and do the words stay on this machine? Said before anything is sent, in words. */
import type { ModelChoice } from "#contract/wire.ts";
import { useWords, type Say } from "../../lib/say.ts";
import type { webEn } from "#contract/words/en/web.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu, MenuGroup, MenuItem } from "../../ui/menu.tsx";
import { useChosenModel } from "./session.ts";

export function whereWords(say: Say<typeof webEn>, model: Pick<ModelChoice, "where" | "host">): string {
  return model.where === "here" ? say("model.here") : say("model.away", { host: model.host ?? "?" });
}

export function ModelPicker() {
  const say = useWords();
  const { models, model, choose } = useChosenModel();
  if (models === undefined) return <span className="px-2.5 text-s text-soft">{say("model.loading")}</span>;
  if (model === undefined && models.length === 0) return <span className="px-2.5 text-s text-danger">{say("model.none")}</span>;
  const face = model === undefined ? <Lost /> : <Face model={model} />;
  if (models.length === 1 && model !== undefined)
    return <div className="flex min-h-target min-w-0 items-center gap-2 px-2.5 text-s">{face}</div>;
  return (
    <Menu
      label={say("model.label")}
      trigger={(props) => (
        <Button {...props} tone="quiet" className="min-w-0 px-2 text-s sm:px-2.5">
          {face}
          <Icon name="down" className="size-4" />
        </Button>
      )}
    >
      <MenuGroup label={say("model.label")}>
        {models.map((one) => (
          <MenuItem
            key={one.id}
            checked={one.id === model?.id}
            note={`${whereWords(say, one)}${one.isDefault ? ` · ${say("model.default")}` : ""}`}
            onSelect={() => choose(one.id)}
          >
            {one.name}
          </MenuItem>
        ))}
      </MenuGroup>
    </Menu>
  );
}

function Face({ model }: { model: ModelChoice }) {
  const say = useWords();
  return (
    <>
      <Icon name={model.where === "here" ? "lock" : "away"} className={model.where === "here" ? "text-accent" : "text-warn"} />
      <span className="sr-only">{say("model.label")}: </span>
      <span className="flex min-w-0 flex-col items-start leading-tight sm:flex-row sm:items-baseline sm:gap-1.5">
        <span className="max-w-full truncate font-medium text-ink">{model.name}</span>
        <span className="max-w-full text-start text-xs break-words text-soft">{whereWords(say, model)}</span>
      </span>
    </>
  );
}

/** The one that answers here is not to be had: another one is a person's own choice. */
function Lost() {
  const say = useWords();
  return (
    <>
      <Icon name="alert" className="text-danger" />
      <span className="text-start text-danger">{say("model.lost")}</span>
    </>
  );
}
