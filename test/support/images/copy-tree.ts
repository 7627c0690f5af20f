import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { runCommand } from '../../../services/local/processes/command.ts';

/**
 * Copies a file or a folder with all that it holds; `into` must not exist, or be a folder whose
 * contents are added to. By hard links where the file system allows, so that the packages of three
 * images take the room and the time of one: whoever gets such a tree may remove and replace files in
 * it, and must not write into one.
 *
 * @throws Error with what `cp` said.
 */
export async function copyTree(from: string, into: string): Promise<void> {
  mkdirSync(dirname(into), { recursive: true });
  const linked = await copy('-al', from, into);
  if (linked === null) return;
  const copied = await copy('-a', from, into);
  if (copied !== null) throw new Error(`${from} cannot be copied to ${into}: ${copied}`);
}

/** `null` when it is done, else why it is not. */
async function copy(option: string, from: string, into: string): Promise<string | null> {
  const { outcome, lines } = await runCommand({
    command: 'cp',
    // Without a target folder of the same name: what is copied becomes `into`, or joins it.
    commandArguments: [option, '-T', '--remove-destination', from, into],
    environment: process.env,
  });
  return outcome === 'done' ? null : (lines.at(-1) ?? 'cp said nothing');
}
