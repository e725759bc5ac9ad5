/** Certificates made for one test run by the openssl command line. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate for names and addresses, as in `DNS:a.example` and `IP:127.0.0.1`. */
  issue(...names: string[]): Certificate;
}

/** Why there are none to be had; false when there are. */
export const NO_OPENSSL: string | false = (() => {
  try {
    execFileSync("openssl", ["version"], { stdio: "pipe" });
    return false;
  } catch {
    return "openssl is not installed";
  }
})();

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

/** An authority that nobody knows. */
export function createAuthority(): Authority {
  const authority = inFolder((folder) => {
    openssl(folder, ["req", "-x509", ...EC, "-subj", "/CN=Test Authority", ...out("ca")]);
    return read(folder, "ca");
  });
  return {
    ...authority,
    issue: (...names) =>
      inFolder((folder) => {
        writeFileSync(join(folder, "ca.pem"), authority.cert);
        writeFileSync(join(folder, "ca.key"), authority.key);
        writeFileSync(join(folder, "names"), `subjectAltName=${names.join(",")}\n`);
        openssl(folder, ["req", ...EC, "-subj", "/CN=test", "-keyout", "leaf.key", "-out", "leaf.csr"]);
        const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
        openssl(folder, [
          "x509",
          "-req",
          "-in",
          "leaf.csr",
          ...signed,
          "-extfile",
          "names",
          "-out",
          "leaf.pem",
        ]);
        return read(folder, "leaf");
      }),
  };
}

function out(name: string): string[] {
  return ["-keyout", `${name}.key`, "-out", `${name}.pem`];
}

function openssl(cwd: string, args: readonly string[]): void {
  execFileSync("openssl", args, { cwd, stdio: "pipe" });
}

function read(folder: string, name: string): Certificate {
  return {
    cert: readFileSync(join(folder, `${name}.pem`), "utf8"),
    key: readFileSync(join(folder, `${name}.key`), "utf8"),
  };
}

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "albatross-certificates-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
