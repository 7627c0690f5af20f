import { readFile } from 'node:fs/promises';

/**
 * Resident memory of a process in bytes, or null where it cannot be known: the process is gone, or
 * the system has no /proc (then executors run without a memory limit of ours).
 */
export async function residentBytes(processId: number): Promise<number | null> {
  try {
    const status = await readFile(`/proc/${processId}/status`, 'latin1');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
