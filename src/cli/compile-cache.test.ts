import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { keepCompiled } from './compile-cache.ts'

describe('compiled code is kept', () => {
  const folderFor = (env: NodeJS.ProcessEnv): unknown => {
    const keep = vi.fn()
    keepCompiled(env, keep)
    expect(keep).toHaveBeenCalledOnce()
    return keep.mock.calls[0]?.[0]
  }

  test("in the user's own cache folder, never in one that is shared", () => {
    const own = join(homedir(), '.cache/tlsfit/compiled')
    expect(folderFor({})).toBe(own)
    expect(folderFor({ TMPDIR: '/shared' })).toBe(own)
  })

  test('where XDG_CACHE_HOME says, when that is absolute', () => {
    expect(folderFor({ XDG_CACHE_HOME: '/somewhere/cache' })).toBe('/somewhere/cache/tlsfit/compiled')
    // A relative path is invalid and to be ignored: XDG Base Directory Specification.
    expect(folderFor({ XDG_CACHE_HOME: 'cache' })).toBe(join(homedir(), '.cache/tlsfit/compiled'))
    expect(folderFor({ XDG_CACHE_HOME: '' })).toBe(join(homedir(), '.cache/tlsfit/compiled'))
  })
})
