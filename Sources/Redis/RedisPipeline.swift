/// Several commands in the protocol's form, for one round trip. Many alike are cheapest written word by word, with what
/// they share prepared once as `RedisPhrase`.
public struct RedisPipeline: Sendable {
  var bytes: [UInt8] = []
  /// How many commands there are, and so replies to come.
  public private(set) var count = 0
  /// Words that the last command was announced with and has not got.
  private var missing = 0

  public init(byteCapacity: Int = 0) {
    if byteCapacity > 0 { bytes.reserveCapacity(byteCapacity) }
  }

  /// What will be sent.
  public var byteCount: Int { bytes.count }

  /// Adds a whole command.
  public mutating func append(_ command: RedisCommand) throws {
    try command.validate()
    bytes.append(contentsOf: command.bytes)
    count += 1
  }

  /// Announces a command; exactly so many words must follow, or sending throws `.invalidArgument`.
  public mutating func begin(words: Int) {
    missing += words
    count += 1
    header(UInt8(ascii: "*"), words)
  }

  /// Adds the words of a phrase to the command that was begun.
  public mutating func append(_ phrase: RedisPhrase) {
    missing -= phrase.count
    bytes.append(contentsOf: phrase.bytes)
  }

  /// Adds a word to the command that was begun.
  public mutating func append(_ word: [UInt8]) {
    word.withUnsafeBufferPointer { append($0) }
  }

  /// Adds a word to the command that was begun.
  public mutating func append(_ word: UnsafeBufferPointer<UInt8>) {
    missing -= 1
    header(UInt8(ascii: "$"), word.count)
    bytes.append(contentsOf: word)
    newline()
  }

  /// Adds a word to the command that was begun.
  public mutating func append(_ word: String) {
    var word = word
    word.withUTF8 { append($0) }
  }

  /// Adds a number to the command that was begun.
  public mutating func append(_ word: Int64) {
    missing -= 1
    let digits = Digits(word.magnitude)
    header(UInt8(ascii: "$"), digits.count + (word < 0 ? 1 : 0))
    if word < 0 { bytes.append(UInt8(ascii: "-")) }
    digits.append(to: &bytes)
    newline()
  }

  func validate() throws {
    guard missing == 0 else {
      throw RedisError(.invalidArgument, "A pipeline's command has \(missing) words less than it was announced with.")
    }
    guard bytes.count <= RedisCommand.byteLimit else {
      throw RedisError(
        .invalidArgument,
        "A pipeline of \(bytes.count) bytes exceeds the limit of \(RedisCommand.byteLimit). Send less at once.")
    }
  }

  private mutating func header(_ mark: UInt8, _ number: Int) {
    bytes.append(mark)
    Digits(UInt64(number)).append(to: &bytes)
    newline()
  }

  private mutating func newline() {
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// Words that many commands share, formatted once.
public struct RedisPhrase: Sendable {
  let bytes: [UInt8]
  let count: Int

  public init(_ words: [RedisWord]) {
    var pipeline = RedisPipeline()
    for word in words { pipeline.append(word.bytes) }
    bytes = pipeline.bytes
    count = words.count
  }
}

/// A number's decimal digits without an allocation.
private struct Digits {
  private let digits: InlineBytes
  let count: Int
  private typealias InlineBytes = (UInt64, UInt64, UInt64)

  init(_ number: UInt64) {
    var storage: InlineBytes = (0, 0, 0)
    var (rest, length) = (number, 0)
    withUnsafeMutableBytes(of: &storage) { bytes in
      repeat {
        length += 1
        bytes[24 - length] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
    }
    digits = storage
    count = length
  }

  func append(to buffer: inout [UInt8]) {
    withUnsafeBytes(of: digits) { buffer.append(contentsOf: $0[(24 - count)...]) }
  }
}
