/**
 * Who holds the PostgreSQL cluster of a test run? This process, forked by tests.ts: it says the socket folder over the
 * channel and stops the cluster when the channel closes, so also when the runner was killed. (In the runner itself
 * test/support would count as a test file, with closing lines of its own.)
 */
import { startTestCluster } from "../test/support/database.ts";

const cluster = await startTestCluster();
process.on("disconnect", () => void cluster.stop().then(() => process.exit(0)));
// Ctrl-C reaches the whole group; the runner decides when the cluster goes
process.on("SIGINT", () => {});
process.send?.({ socketDir: cluster.socketDir });
