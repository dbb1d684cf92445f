/** An artifact of a run; there is one only once its upload was finalized. */
export interface StoredArtifact {
  readonly id: number;
  readonly runId: number;
  readonly name: string;
  readonly content: Buffer;
  /** `sha256:<hex>` of the content. */
  readonly digest: string;
  readonly mimeType: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Artifacts by id. */
export interface ArtifactState {
  readonly artifacts: Map<number, StoredArtifact>;
}
