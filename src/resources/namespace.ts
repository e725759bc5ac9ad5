/** Namespace: read for its labels. */
import { z } from "zod";
import { clusterMetadata } from "./metadata.ts";

export const namespace = z.object({ kind: z.literal("Namespace"), metadata: clusterMetadata }).readonly();
export type Namespace = z.output<typeof namespace>;
