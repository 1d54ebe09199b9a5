/** Who am I here, and how do I want it? Language, appearance, manual, the operator's pages, and the way out. */
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { LANGUAGES, type AccountAnswer, type Language } from "#contract/wire.ts";
import { api, problemOf } from "../../api/http.ts";
import { setLanguage, useLanguage, useWords } from "../../lib/say.ts";
import { forgetStored } from "../../lib/stored.ts";
import { setTheme, useTheme, type Theme } from "../../lib/theme.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu, MenuGroup, MenuItem, MenuLine, MenuLink } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "./session.ts";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function AccountMenu({ onShowKeys, onChosen }: { onShowKeys: () => void; onChosen: () => void }) {
  const say = useWords();
  const { account } = useSession();
  const [, go] = useLocation();
  const language = useLanguage();
  const theme = useTheme();
  const queries = useQueryClient();

  const speak = (next: Language) => {
    setLanguage(next);
    api.patch<AccountAnswer>("/api/me", { language: next }).then(
      () => queries.setQueryData<AccountAnswer>(["me"], (old) => old && { account: { ...old.account, language: next } }),
      (error: unknown) => {
        setLanguage(language);
        toast({ tone: "danger", text: problemOf(error).detail });
      },
    );
  };
  const signOut = async () => {
    try {
      await api.post("/sign-out", {});
    } catch (error) {
      toast({ tone: "danger", text: problemOf(error).detail });
      return;
    }
    // whoever signs out on purpose leaves nothing of theirs in this browser
    for (const kind of ["draft", "edit", "unsent", "model"]) forgetStored(`holdfast.${kind}.${account.id}`);
    location.assign("/sign-in");
  };

  return (
    <Menu
      label={say("account.menu")}
      trigger={(props) => (
        <Button {...props} tone="quiet" className="w-full justify-start px-2 text-s">
          <span
            aria-hidden="true"
            className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent uppercase"
          >
            {account.address.slice(0, 1)}
          </span>
          <span className="sr-only">{say("account.menu")}: </span>
          <span className="min-w-0 flex-1 text-start">
            <span className="block truncate text-ink">{account.address}</span>
            {account.role === "operator" && <span className="block text-xs text-soft">{say("account.operator")}</span>}
          </span>
          <Icon name="more" />
        </Button>
      )}
    >
      {account.role === "operator" && (
        <MenuLink
          href="/operator/models"
          onSelect={() => {
            onChosen();
            go("/operator/models");
          }}
        >
          {say("account.models")}
        </MenuLink>
      )}
      {account.role === "operator" && (
        <MenuLink
          href="/operator/sign-up"
          onSelect={() => {
            onChosen();
            go("/operator/sign-up");
          }}
        >
          {say("account.sign-up")}
        </MenuLink>
      )}
      {account.role === "operator" && (
        <MenuLink
          href="/operator/mail"
          onSelect={() => {
            onChosen();
            go("/operator/mail");
          }}
        >
          {say("account.mail")}
        </MenuLink>
      )}
      <MenuLink href="/manual">{say("account.manual")}</MenuLink>
      <MenuLink href="/status">{say("account.status")}</MenuLink>
      <MenuItem onSelect={onShowKeys}>{say("account.keys")}</MenuItem>
      <MenuGroup label={say("account.theme")}>
        {THEMES.map((one) => (
          <MenuItem key={one} checked={one === theme} stay onSelect={() => setTheme(one)}>
            {say(`account.theme-${one}`)}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuGroup label={say("account.language")}>
        {LANGUAGES.map((one) => (
          <MenuItem key={one} checked={one === language} onSelect={() => speak(one)}>
            <span lang={one}>{say(`account.language-${one}`)}</span>
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuLine />
      <MenuItem onSelect={() => void signOut()}>{say("account.sign-out")}</MenuItem>
    </Menu>
  );
}
