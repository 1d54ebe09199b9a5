/** Who is signed in, and which models may be chosen? Answers that several parts of the page need, asked for once. */
import { useQuery } from "@tanstack/react-query";
import type { AccountAnswer, ModelChoice, ModelsAnswer } from "#contract/wire.ts";
import { api, ApiProblem } from "./http.ts";

const TRY_AGAIN_MS = 5_000;
const MODELS_STAY_FRESH_MS = 30_000;

export function useAccount() {
  return useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => api.get<AccountAnswer>("/api/me", signal),
    select: ({ account }) => account,
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.error instanceof ApiProblem && state.error.problem.status >= 500 ? TRY_AGAIN_MS : false),
  });
}

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => api.get<ModelsAnswer>("/api/models", signal),
    select: ({ models }) => models,
    staleTime: MODELS_STAY_FRESH_MS,
    refetchOnWindowFocus: true,
    refetchInterval: ({ state }) => {
      if (state.status === "error") return TRY_AGAIN_MS;
      return state.data?.models.some(({ isDefault }) => isDefault) === false ? MODELS_STAY_FRESH_MS : false;
    },
  });
}

/** The model that was chosen, else the default one; `undefined` while that one is not to be had: nobody is handed on to another. */
export function chosenModel(models: readonly ModelChoice[], chosenId: string | null): ModelChoice | undefined {
  return models.find(({ id }) => id === chosenId) ?? models.find(({ isDefault }) => isDefault);
}
