import { join } from 'node:path';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { writeDemoClip } from '../write-demo-clip.ts';

// `node generate/main.js --seed 1 --count 3 --seconds 8 --out DIR` writes clips of seeds 1 to 3.
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '8' },
    out: { type: 'string' },
  },
});
const first = Number(values.seed);
const count = Number(values.count);
if (values.out === undefined || !Number.isSafeInteger(first) || !Number.isSafeInteger(count)) {
  throw new Error('demo clips: give --out with a folder and whole numbers for --seed and --count');
}
for (let seed = first; seed < first + count; seed += 1) {
  const file = join(values.out, `street-${seed}.mp4`);
  const { frames } = await writeDemoClip({ seed, seconds: Number(values.seconds), file });
  stdout.write(`${file} ${frames.length} frames\n`);
}
