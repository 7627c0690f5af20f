import { AV_PIX_FMT_GBRP } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import type { Picture } from './decoder-ports.ts';

/**
 * Turns decoded frames into red, green and blue planes of the same size. Resizing is not done here:
 * swscale smooths when it shrinks, the networks' training pipelines do not.
 */
export class PlaneConverter {
  #context: SoftwareScaleContext | null = null;
  readonly #target = new Frame();
  #shape = '';

  constructor() {
    this.#target.alloc();
  }

  /** The planes are valid until the next call. A stream may change its size in the middle. */
  convert(frame: Frame): Pick<Picture, 'planes'> {
    const context = this.#contextFor(frame);
    const status = context.scaleFrameSync(this.#target, frame);
    const [green, blue, red] = this.#target.data ?? [];
    const [greenStride = 0, blueStride = 0, redStride = 0] = this.#target.linesize;
    if (status < 0 || red === undefined || green === undefined || blue === undefined) {
      throw new Error(`swscale cannot convert pixel format ${frame.format} (status ${status})`);
    }
    return {
      planes: {
        red: { bytes: red, stride: redStride },
        green: { bytes: green, stride: greenStride },
        blue: { bytes: blue, stride: blueStride },
      },
    };
  }

  close(): void {
    this.#context?.freeContext();
    this.#target.free();
  }

  #contextFor(frame: Frame): SoftwareScaleContext {
    const shape = `${frame.width}x${frame.height}:${frame.format}`;
    if (this.#context !== null && shape === this.#shape) return this.#context;
    this.#context?.freeContext();
    const context = new SoftwareScaleContext();
    // Not initialised by size: an open context takes the colour matrix and range of each frame.
    context.allocContext();
    this.#target.unref();
    this.#target.width = frame.width;
    this.#target.height = frame.height;
    this.#target.format = AV_PIX_FMT_GBRP;
    this.#target.getBuffer(0);
    this.#context = context;
    this.#shape = shape;
    return context;
  }
}
