/** Which model servers usually listen where? Looked for on this machine only. Pure. */

export type LocalPort = { name: string; port: number };

export const LOCAL_PORTS: readonly LocalPort[] = [
  { name: "Ollama", port: 11_434 },
  { name: "llama.cpp", port: 8_080 },
  { name: "vLLM", port: 8_000 },
  { name: "LM Studio", port: 1_234 },
];
