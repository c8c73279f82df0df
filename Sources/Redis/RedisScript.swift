/// A Lua script and the name Redis gives it. Made once and kept, so that the hash is computed once.
public struct RedisScript: Sendable {
  /// The Lua text.
  public let source: String
  /// Lower-case hexadecimal SHA-1 of the source, as `EVALSHA` wants it.
  public let sha1: String

  public init(_ source: String) {
    self.source = source
    sha1 = SHA1.hex(source)
  }

  /// For a pipeline: fails with `NOSCRIPT` on a server that has not seen the script since it started.
  public func command(keys: [String], arguments: [RedisWord]) -> RedisCommand {
    RedisCommand(words("EVALSHA", sha1, keys, arguments))
  }

  /// Carries the source with it and so works always.
  public func commandWithSource(keys: [String], arguments: [RedisWord]) -> RedisCommand {
    RedisCommand(words("EVAL", source, keys, arguments))
  }

  private func words(_ name: RedisWord, _ script: String, _ keys: [String], _ arguments: [RedisWord]) -> [RedisWord] {
    [name, RedisWord(script), RedisWord(keys.count)] + keys.map { RedisWord($0) } + arguments
  }
}
