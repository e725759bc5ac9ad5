/** A folder for one test, and manifests to put into it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "albatross-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A Frontend of this name; the port tells versions apart. */
export function frontend(name: string, port: number): string {
  return `apiVersion: crd.alauda.io/v1\nkind: Frontend\nmetadata: {name: ${name}}\nspec: {port: ${port}}\n`;
}

export function externalService(name: string, externalName: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {type: ExternalName, externalName: ${externalName}}\n`;
}
