import { arrangeThings } from './arrange-things.ts';
import { paintBackdrop } from './backdrop.ts';
import { createCanvas, paintPart, type Canvas } from './canvas.ts';
import type { TrueFrame } from './ground-truth.ts';
import { paintThings } from './paint-things.ts';
import type { Scene } from './scene.ts';
import { bar, sheer } from './shapes.ts';
import { frameHeight, frameWidth, framesPerSecond, streetWidth } from './street.ts';
import { grainAt } from './texture.ts';
import { addGlow, addNoise, applyLight, createNoiseTable, type Glow } from './weather.ts';

export interface RenderedFrame {
  /** uint8 [192, 320, 3], RGB, 0 to 255. The next frame overwrites it. */
  readonly pixels: Uint8ClampedArray;
  readonly truth: TrueFrame;
}

/** Renders the frames of a scene in order; a frame depends on the scene and its number alone. */
export function* renderFrames(scene: Scene): Generator<RenderedFrame> {
  const backdrop = paintBackdrop(scene);
  const noise = createNoiseTable(scene.seed);
  const canvas = createCanvas(frameWidth, frameHeight);
  const frames = Math.round(scene.seconds * framesPerSecond);
  for (let number = 0; number < frames; number += 1) {
    const atMs = (number * 1_000) / framesPerSecond;
    const panned = panAt(scene, atMs);
    copyBackdrop(backdrop, canvas, panned);
    const things = arrangeThings(scene, atMs, panned);
    const seen = paintThings(canvas, things);
    applyLight(canvas, scene.light, { seed: scene.seed, atMs, panned });
    for (const thing of things) {
      for (const glow of thing.glows) {
        if (isGlowSeen(canvas, glow, thing.owner)) addGlow(canvas, glow);
      }
    }
    if (scene.light.weather === 'rain') paintRain(canvas, scene.seed, number);
    addNoise(canvas, { table: noise, levels: scene.light.noiseLevels, start: number * 7_919 });
    yield { pixels: canvas.pixels, truth: { presentationMs: atMs, objects: seen } };
  }
}

function panAt({ camera }: Scene, atMs: number): number {
  const swing = Math.sin((atMs / camera.panPeriodMs) * 2 * Math.PI + camera.panPhase);
  return (streetWidth - frameWidth) / 2 + camera.panPixels * swing;
}

/** Copies the part of the backdrop in view, blending columns when the pan is not a whole pixel. */
function copyBackdrop(backdrop: Canvas, canvas: Canvas, panned: number): void {
  const column = Math.floor(panned);
  const share = panned - column;
  const from = backdrop.pixels;
  for (let y = 0; y < canvas.height; y += 1) {
    const start = (y * backdrop.width + column) * 3;
    const at = y * canvas.width * 3;
    if (share === 0) {
      canvas.pixels.set(from.subarray(start, start + canvas.width * 3), at);
      continue;
    }
    for (let offset = 0; offset < canvas.width * 3; offset += 1) {
      canvas.pixels[at + offset] =
        (from[start + offset] ?? 0) * (1 - share) + (from[start + offset + 3] ?? 0) * share;
    }
  }
  canvas.owners.fill(0);
}

/** Light on the open road is always seen; a lamp hidden by something nearer is not. */
function isGlowSeen(canvas: Canvas, glow: Glow, owner: number): boolean {
  const x = Math.round(glow.at[0]);
  const y = Math.round(glow.at[1]);
  if (x < 0 || x >= canvas.width || y < 0 || y >= canvas.height) return glow.flatness < 1;
  const there = canvas.owners[y * canvas.width + x] ?? 0;
  return there === owner || (glow.flatness < 1 && there === 0);
}

function paintRain(canvas: Canvas, seed: number, number: number): void {
  for (let drop = 0; drop < 90; drop += 1) {
    const x = ((grainAt(drop, number, seed + 31) + 1) / 2) * (canvas.width + 20);
    const y = ((grainAt(drop, number, seed + 32) + 1) / 2) * canvas.height;
    const length = 5 + 4 * grainAt(drop, number, seed + 33);
    paintPart(
      canvas,
      sheer(bar([x, y], [x - length * 0.25, y + length], 0.8), [214, 222, 230], 0.4),
      0,
    );
  }
}
