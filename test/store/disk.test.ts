import { expect, it } from "vitest";
import { orDiskFull } from "../../bot/store/disk.ts";

it("only an error that means no room becomes a value", async () => {
  const fail = (code: string) => async (): Promise<number> =>
    Promise.reject(Object.assign(new Error(code), { code }));
  expect(await orDiskFull(fail("ENOSPC"))).toEqual({ ok: false, kind: "disk_full", code: "ENOSPC" });
  await expect(orDiskFull(fail("EIO"))).rejects.toThrow("EIO");
  expect(await orDiskFull(async () => 5)).toBe(5);
});
