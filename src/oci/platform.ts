import { OciError } from './errors.ts';

/** Source: OCI image spec 1.1, image-index.md, `platform`. */
export type Platform = {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Windows build, e.g. `10.0.20348.2227`. */
  readonly osVersion?: string;
};

/** `linux/arm64/v8`, `windows/amd64:10.0.20348.2227`: as `--platform` takes it and crane prints it. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? '' : `/${platform.variant}`;
  const version = platform.osVersion === undefined ? '' : `:${platform.osVersion}`;
  return `${platform.os}/${platform.architecture}${variant}${version}`;
}

/** @throws OciError `PLATFORM_INVALID` */
export function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9_.-]+)\/([a-z0-9_.-]+)(?:\/([a-z0-9_.-]+))?(?::([0-9A-Za-z.-]+))?$/i.exec(text);
  const [, os, architecture, variant, osVersion] = match ?? [];
  if (os === undefined || architecture === undefined) {
    throw new OciError('PLATFORM_INVALID', `expected a platform, got ${JSON.stringify(text.slice(0, 80))}`, {
      hint: 'write OS/ARCHITECTURE[/VARIANT][:OSVERSION], e.g. linux/amd64 or linux/arm/v7',
    });
  }
  return {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
  };
}

/**
 * Whether content for `offered` is what is asked for by `wanted`. A part that `wanted` leaves open matches
 * anything. A variant that `offered` leaves out is v8 for arm64 and v7 for arm, as containerd takes it; a
 * Windows version matches by its first three numbers.
 */
export function matchesPlatform(wanted: Platform, offered: Platform): boolean {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return false;
  if (wanted.variant !== undefined && impliedVariant(wanted) !== impliedVariant(offered)) return false;
  if (wanted.osVersion === undefined) return true;
  return buildOf(wanted.osVersion) === buildOf(offered.osVersion ?? '');
}

function impliedVariant(platform: Platform): string | undefined {
  if (platform.variant !== undefined) return platform.variant;
  if (platform.architecture === 'arm64') return 'v8';
  return platform.architecture === 'arm' ? 'v7' : undefined;
}

function buildOf(osVersion: string): string {
  return osVersion.split('.').slice(0, 3).join('.');
}
