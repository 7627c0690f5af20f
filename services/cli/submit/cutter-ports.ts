/** One file, looked at: what would be submitted of it. */
export interface CutFile {
  readonly path: string;
  readonly pieces: readonly PieceFacts[];
  /** What a person should know about the cut, as a sentence without its subject; else `null`. */
  readonly remark: string | null;
  /** Length of the video that is shown. */
  readonly durationMs: number;
}

export interface PieceFacts {
  /** Place of the piece's first frame from the file's first, in whole milliseconds. */
  readonly startMs: number;
  /** 1 or more. */
  readonly durationMs: number;
  /** Bytes of its packets, or of the file; the piece is a few per cent larger at most. */
  readonly bytesEstimated: number;
}

export interface CutPiece extends PieceFacts {
  /** From 0. */
  readonly number: number;
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** Cuts video files at key frames, without decoding a frame. */
export interface VideoCutter {
  /**
   * @param chunkMs Pieces are at least so long, except the last; 0 leaves the file in one piece.
   * @throws CommandError `input` with one line that says what is wrong with the file.
   */
  inspect(path: string, chunkMs: number): Promise<CutFile>;
  /** The pieces in order, each made when it is asked for; only one is held. */
  cut(file: CutFile): AsyncIterable<CutPiece>;
}
