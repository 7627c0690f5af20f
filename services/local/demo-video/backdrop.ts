import { createCanvas, paintPart, type Canvas } from './canvas.ts';
import { dimColour, mixColours, type Colour } from './colour.ts';
import type { Building, Scene } from './scene.ts';
import { rectangle, sheer, solid, type Outline, type Part } from './shapes.ts';
import { frameHeight, rows, streetWidth } from './street.ts';
import { cloudAt, grainAt } from './texture.ts';

/** What never moves in a scene, painted once: [frameHeight, streetWidth]. */
export function paintBackdrop(scene: Scene): Canvas {
  const canvas = createCanvas(streetWidth, frameHeight);
  paintPart(canvas, solid(strip(0, rows.houseBase), scene.sky.high, scene.sky.low), 0);
  paintClouds(canvas, scene);
  paintHills(canvas, scene);
  for (const building of scene.buildings) {
    for (const part of drawBuilding(building, scene.seed)) paintPart(canvas, part, 0);
  }
  for (const part of drawGround(scene)) paintPart(canvas, part, 0);
  roughen(canvas, scene.seed);
  return canvas;
}

/** All columns between two pixel rows. */
function strip(top: number, bottom: number): Outline {
  return rectangle({ left: 0, top, right: streetWidth, bottom });
}

function paintClouds(canvas: Canvas, scene: Scene): void {
  const white: Colour = mixColours(scene.sky.low, [255, 255, 255], 0.5);
  for (let y = 0; y < rows.houseBase; y += 1) {
    for (let x = 0; x < canvas.width; x += 1) {
      const density =
        cloudAt(x, y * 2.2, { pitch: 46, seed: scene.seed }) * 0.7 +
        cloudAt(x, y * 2.2, { pitch: 17, seed: scene.seed + 1 }) * 0.3;
      const opacity = Math.min(0.8, Math.max(0, density * 1.7));
      const at = (y * canvas.width + x) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const under = canvas.pixels[at + channel] ?? 0;
        canvas.pixels[at + channel] = under + ((white[channel] ?? 0) - under) * opacity;
      }
    }
  }
}

function paintHills(canvas: Canvas, scene: Scene): void {
  const far: Colour = mixColours(scene.sky.low, [70, 98, 78], 0.55);
  for (let x = 0; x < canvas.width; x += 4) {
    const top = 58 + cloudAt(x, 0, { pitch: 60, seed: scene.seed + 5 }) * 14;
    const slice = rectangle({ left: x, top, right: x + 4, bottom: rows.houseBase });
    paintPart(canvas, solid(slice, far, dimColour(far, 0.8)), 0);
  }
}

function drawBuilding(building: Building, seed: number): Part[] {
  const { left, right, roof, wall, trim } = building;
  const groundFloor = rows.houseBase - 17;
  const parts: Part[] = [
    solid(
      rectangle({ left, top: roof, right, bottom: rows.houseBase }),
      dimColour(wall, 1.06),
      dimColour(wall, 0.84),
    ),
    solid(rectangle({ left: left - 1, top: roof - 2, right: right + 1, bottom: roof + 1 }), trim),
    sheer(
      rectangle({ left: right - 2, top: roof, right, bottom: rows.houseBase }),
      [0, 0, 0],
      0.25,
    ),
  ];
  const { windowWidth, windowHeight } = building;
  const pitchX = windowWidth * 1.9;
  for (let y = roof + 5; y + windowHeight < groundFloor - 1; y += windowHeight * 1.65) {
    for (let x = left + 4; x + windowWidth < right - 3; x += pitchX) {
      const chance = (grainAt(Math.round(x), Math.round(y), seed) + 1) / 2;
      const isLit = chance < building.litFraction;
      const glass: Colour = isLit ? [255, 224, 150] : [62 + chance * 40, 78 + chance * 40, 96];
      const pane = { left: x, top: y, right: x + windowWidth, bottom: y + windowHeight };
      parts.push(
        solid(
          rectangle({
            left: x - 0.8,
            top: y - 0.8,
            right: pane.right + 0.8,
            bottom: pane.bottom + 1,
          }),
          trim,
        ),
        solid(rectangle(pane), dimColour(glass, 1.1), dimColour(glass, isLit ? 1 : 0.7)),
      );
    }
  }
  if (building.shop !== null) parts.push(...drawShop(building, building.shop));
  return parts;
}

function drawShop(
  { left, right, wall }: Building,
  shop: { awning: Colour; posters: readonly Colour[] },
): Part[] {
  const top = rows.houseBase - 16;
  const parts: Part[] = [
    solid(
      rectangle({ left: left + 4, top, right: right - 4, bottom: rows.houseBase }),
      dimColour(wall, 0.5),
    ),
    solid(
      rectangle({ left: left + 6, top: top + 5, right: right - 6, bottom: rows.houseBase - 2 }),
      [120, 136, 146],
      [84, 94, 104],
    ),
  ];
  const width = (right - left - 16) / shop.posters.length;
  shop.posters.forEach((poster, position) => {
    const posterLeft = left + 8 + position * width;
    const pane = { left: posterLeft, top: top + 7, right: posterLeft + width * 0.55 };
    parts.push(
      solid(rectangle({ ...pane, bottom: rows.houseBase - 3 }), poster, dimColour(poster, 0.8)),
    );
  });
  for (let stripe = left + 3; stripe < right - 3; stripe += 6) {
    const end = Math.min(right - 3, stripe + 6);
    const isLight = Math.round((stripe - left - 3) / 6) % 2 === 1;
    parts.push(
      solid(
        [
          [stripe + 1, top - 1],
          [end + 0.5, top - 1],
          [end, top + 5],
          [stripe, top + 5],
        ],
        isLight ? [232, 230, 222] : shop.awning,
        dimColour(isLight ? [232, 230, 222] : shop.awning, 0.8),
      ),
    );
  }
  return parts;
}

function drawGround({ pavement, asphalt }: Scene): Part[] {
  const { road } = rows;
  return [
    solid(strip(rows.houseBase, road.top), pavement),
    solid(strip(road.top - 3, road.top), dimColour(pavement, 1.18)),
    solid(strip(road.top, road.bottom), dimColour(asphalt, 0.94), dimColour(asphalt, 1.06)),
    ...drawRoadMarks(),
    solid(strip(road.bottom, frameHeight), pavement),
    solid(strip(road.bottom, road.bottom + 3), dimColour(pavement, 1.2)),
    sheer(strip(road.bottom - 2, road.bottom), [20, 20, 22], 0.35),
    ...drawPavingJoints(),
  ];
}

function drawRoadMarks(): Part[] {
  const middle = (rows.road.top + rows.road.bottom) / 2 + 1;
  const marks: Part[] = [];
  for (let x = -10; x < streetWidth; x += 44) {
    marks.push(
      sheer(
        [
          [x + 1, middle - 1],
          [x + 23, middle - 1],
          [x + 22, middle + 1.2],
          [x, middle + 1.2],
        ],
        [226, 224, 212],
        0.8,
      ),
    );
  }
  return marks;
}

function drawPavingJoints(): Part[] {
  const joints: Part[] = [];
  const middle = streetWidth / 2;
  for (let step = -24; step <= 24; step += 1) {
    const near = middle + step * 26;
    const far = middle + step * 19;
    joints.push(
      sheer(
        [
          [near, 169],
          [near + 1, 169],
          [near + step * 2.6 + 1, 192],
          [near + step * 2.6, 192],
        ],
        [30, 28, 26],
        0.22,
      ),
      sheer(
        [
          [far, 86],
          [far + 0.7, 86],
          [far + step + 0.7, 105],
          [far + step, 105],
        ],
        [30, 28, 26],
        0.18,
      ),
    );
  }
  for (const row of [91, 97.5, 177, 187]) {
    joints.push(sheer(strip(row, row + 0.8), [30, 28, 26], 0.2));
  }
  return joints;
}

/** Grain, stains and weathering on everything below the sky. */
function roughen(canvas: Canvas, seed: number): void {
  for (let y = 0; y < canvas.height; y += 1) {
    const strength = y < rows.houseBase ? 0.45 : 1;
    for (let x = 0; x < canvas.width; x += 1) {
      const at = (y * canvas.width + x) * 3;
      const level =
        (grainAt(x, y, seed + 11) * 5 +
          cloudAt(x, y * 2, { pitch: 7, seed: seed + 12 }) * 6 +
          cloudAt(x, y * 3, { pitch: 34, seed: seed + 13 }) * 9) *
        strength;
      for (let channel = 0; channel < 3; channel += 1) {
        canvas.pixels[at + channel] = (canvas.pixels[at + channel] ?? 0) + level;
      }
    }
  }
}
