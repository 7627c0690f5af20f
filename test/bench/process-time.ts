import { readFileSync, readdirSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)` on every Linux that Node runs on. */
const ticksPerSecond = 100;

interface ProcessStat {
  readonly parent: number;
  readonly cpuMs: number;
}

function statOf(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the command, which may itself hold blanks: state, parent, …, utime (12), stime (13).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parent: Number(fields[1]), cpuMs: (ticks * 1000) / ticksPerSecond };
  } catch {
    return null;
  }
}

/** CPU time that a process has used so far, in user and system mode, in milliseconds. */
export function cpuMsOf(pid: number): number {
  return statOf(pid)?.cpuMs ?? Number.NaN;
}

/** Processes that `pid` started and that still run. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => statOf(candidate)?.parent === pid);
}
