/** Where does the web app begin? Puts the app onto the page; what breaks while it is drawn gets a sentence and a way on. */
// first of all, so that its layers come before those of single parts
import "./styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Component, StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "./api/http.ts";
import { App, Trouble } from "./app.tsx";
import { sayNow } from "./lib/say.ts";
import { applyTheme } from "./lib/theme.ts";

const MOST_RETRIES = 3;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // a refusal stays one; silence may pass
      retry: (failures, error) => failures < MOST_RETRIES && (!(error instanceof ApiProblem) || error.problem.status >= 500),
      refetchOnWindowFocus: false,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

/** React can tell of a fault while drawing only to a class. */
class Guarded extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };
  static getDerivedStateFromError() {
    return { broken: true };
  }
  override render() {
    if (!this.state.broken) return this.props.children;
    return <Trouble title={sayNow("broken.title")} detail={sayNow("broken.detail")} onRetry={() => location.reload()} />;
  }
}

applyTheme();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element for the app");
createRoot(root).render(
  <StrictMode>
    <Guarded>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </Guarded>
  </StrictMode>,
);
