#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../local/project-folder.ts';
import { fields, parseJson, text } from '../shared/chunk/shape.ts';
import { realTools } from './adapters.ts';
import { runCommandLine } from './program.ts';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  // A second one means: at once.
  if (interrupted.signal.aborted) process.exit(130);
  interrupted.abort();
});
process.on('SIGTERM', () => interrupted.abort());
// Whoever reads our output has read enough (`spillway results | head`).
process.stdout.on('error', () => process.exit(0));

const manifest = await readFile(join(projectFolder(), 'package.json'), 'utf8');
const read = parseJson(manifest, fields({ version: text }));
const tools = realTools(process, interrupted.signal);
const version = read.ok ? read.value.version : 'unknown';
// Connections that are slow to close must not keep a person waiting who has the answer.
process.exit(await runCommandLine(process.argv.slice(2), tools, version));
