import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { composeScene } from '../../../../services/local/demo-video/compose-scene.ts';
import type { TrueObject } from '../../../../services/local/demo-video/ground-truth.ts';
import { visibilityRule } from '../../../../services/local/demo-video/ground-truth.ts';
import { renderFrames } from '../../../../services/local/demo-video/render-frame.ts';

const seeds = [1, 2, 3, 5];

function digestOf(seed: number, seconds: number): string {
  const digest = createHash('sha256');
  for (const { pixels, truth } of renderFrames(composeScene(seed, seconds))) {
    digest.update(pixels).update(JSON.stringify(truth));
  }
  return digest.digest('hex');
}

function objectsOf(seed: number, seconds: number): TrueObject[] {
  return [...renderFrames(composeScene(seed, seconds))].flatMap(({ truth }) => truth.objects);
}

describe('demo scenes', () => {
  it('are the same bytes and the same truth for the same seed', () => {
    expect(digestOf(7, 0.5)).toBe(digestOf(7, 0.5));
  });

  it('differ from seed to seed', () => {
    expect(new Set(seeds.map((seed) => digestOf(seed, 0.1))).size).toBe(seeds.length);
  });

  it('change from frame to frame', () => {
    const frames = [...renderFrames(composeScene(1, 0.3))].map(({ truth }) => truth.objects);
    expect(frames[0]).not.toEqual(frames[2]);
  });

  it('have frames at even steps from 0', () => {
    const frames = [...renderFrames(composeScene(1, 0.5))];
    expect(frames.map(({ truth }) => truth.presentationMs)).toEqual([0, 100, 200, 300, 400]);
  });
});

describe('ground truth', () => {
  const objects = seeds.flatMap((seed) => objectsOf(seed, 1));

  it('has boxes with some area that lie within the frame', () => {
    for (const { box } of objects) {
      const [x, y, width, height] = box;
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(Math.min(width, height)).toBeGreaterThan(0);
      // Both numbers of a sum are rounded to a tenth.
      expect(x + width).toBeLessThanOrEqual(320.1);
      expect(y + height).toBeLessThanOrEqual(192.1);
    }
  });

  it('has vehicles and people', () => {
    expect(new Set(objects.map((object) => object.class))).toEqual(new Set(['vehicle', 'person']));
  });

  it('shows objects hidden in part by others, some counted and some not', () => {
    // Away from the frame's edges only something in front can make an object less than visible.
    const inner = objects.filter(({ box }) => box[0] > 1 && box[0] + box[2] < 319);
    const hidden = inner.filter(({ visibleFraction }) => visibleFraction < 0.9);
    expect(hidden.filter(({ isCounted }) => isCounted).length).toBeGreaterThan(10);
    expect(hidden.filter(({ isCounted }) => !isCounted).length).toBeGreaterThan(10);
  });

  it('counts what can be seen by half or more and lists nothing that can hardly be seen', () => {
    for (const { visibleFraction, isCounted } of objects) {
      expect(visibleFraction).toBeGreaterThanOrEqual(visibilityRule.listedFractionMin);
      expect(visibleFraction).toBeLessThanOrEqual(1);
      if (isCounted) {
        expect(visibleFraction).toBeGreaterThanOrEqual(visibilityRule.countedFractionMin);
      }
    }
  });
});
