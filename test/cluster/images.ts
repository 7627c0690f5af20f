import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../services/local/project-folder.ts';
import { stageImages } from '../support/staged-image.ts';
import type { StagedImage } from '../support/staged-image.ts';

/** The project's images as a build would make them, by repository. */
export async function stageProjectImages(
  folder: string,
): Promise<ReadonlyMap<string, StagedImage>> {
  mkdirSync(folder, { recursive: true });
  const names = ['spillway', 'spillway-models'];
  const images = await stageImages(join(projectFolder(), 'images/Dockerfile'), names, folder);
  return new Map(images.map((image, index) => [names[index] ?? '', image]));
}
