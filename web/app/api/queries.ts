/** Who is signed in, and which models may be chosen? Answers that several parts of the page need, asked for once. */
import { useQuery } from "@tanstack/react-query";
import type { AccountAnswer, ModelChoice, ModelsAnswer } from "#contract/wire.ts";
import { api } from "./http.ts";

const MODELS_STAY_FRESH_MS = 30_000;

export function useAccount() {
  return useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => api.get<AccountAnswer>("/api/me", signal),
    select: ({ account }) => account,
    staleTime: Infinity,
  });
}

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => api.get<ModelsAnswer>("/api/models", signal),
    select: ({ models }) => models,
    staleTime: MODELS_STAY_FRESH_MS,
    refetchOnWindowFocus: true,
  });
}

/** The model that was chosen, or the default one while that one is not to be had. */
export function chosenModel(models: readonly ModelChoice[], chosenId: string | null): ModelChoice | undefined {
  return models.find(({ id }) => id === chosenId) ?? models.find(({ isDefault }) => isDefault) ?? models[0];
}
