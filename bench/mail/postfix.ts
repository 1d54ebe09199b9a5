/**
 * What does a relay say that we did not write? Debian's Postfix as an instance of its own: configuration, queue and port in a
 * temporary folder, loopback only, no name server asked; it hands on to the bench's sink. Needs root, as its own command does.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../door/holdfast.ts";
import { pause, start } from "../door/processes.ts";

export type Postfix = { url: string; version: string; stop(): Promise<void> };

const [PROGRAM, SETTINGS_PROGRAM] = ["/usr/sbin/postfix", "/usr/sbin/postconf"];
const UP_WITHIN_MS = 20_000;

/** A sentence when there is none here that could be run. */
export function whyNoPostfix(): string | null {
  if (!existsSync(PROGRAM)) return `Postfix is not installed (${PROGRAM}): no relay by others was asked.`;
  if (process.getuid?.() !== 0) return "Postfix runs only when root starts it: no relay by others was asked.";
  return null;
}

export async function startPostfix(folder: string, sinkPort: number): Promise<Postfix> {
  const [settings, queue, data] = ["etc", "queue", "data"].map((name) => join(folder, name)) as [string, string, string];
  for (const made of [settings, queue, data]) mkdirSync(made, { recursive: true, mode: 0o755 });
  spawnSync("chown", ["postfix", data]);
  const port = await freePort();
  const log = join(data, "log");
  writeFileSync(join(settings, "main.cf"), mainSettings({ queue, data, log, sinkPort }));
  writeFileSync(join(settings, "master.cf"), daemons(port));
  const started = start("any", PROGRAM, ["-c", settings, "start-fg"]);
  const stop = async () => {
    // its script waits for the process that this file names, and passes no signal on
    const pid = readPid(join(queue, "pid/master.pid"));
    if (pid !== undefined && started.child.exitCode === null) process.kill(pid, "SIGTERM");
    await started.stop();
  };
  try {
    for (const until = performance.now() + UP_WITHIN_MS; !readText(log).includes("daemon started"); await pause(100)) {
      if (performance.now() > until || started.child.exitCode !== null)
        throw new Error(`Postfix did not start:\n${started.output()}${readText(log)}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const version = spawnSync(SETTINGS_PROGRAM, ["-h", "mail_version"], { encoding: "utf8" }).stdout.trim();
  return { url: `smtp://127.0.0.1:${port}`, version, stop };
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function readPid(file: string): number | undefined {
  const pid = Number(readText(file));
  return pid > 1 ? pid : undefined;
}

function mainSettings({ queue, data, log, sinkPort }: { queue: string; data: string; log: string; sinkPort: number }): string {
  return `compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
myhostname = relay.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
relayhost = [127.0.0.1]:${sinkPort}
disable_dns_lookups = yes
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
maillog_file = ${log}
maillog_file_prefixes = ${data}
`;
}

/** Debian's own, without what listens elsewhere, and nothing in a chroot: its files are not copied into this queue. */
function daemons(port: number): string {
  return `127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
`;
}
