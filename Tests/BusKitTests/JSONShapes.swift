import Foundation
import TestKit

/// A value that can be made at random.
protocol RandomShape: Codable, Equatable, Sendable {
  init(using random: inout SeededGenerator)
}

/// Every scalar that JSON coders treat in a way of their own.
struct ScalarShape: RandomShape {
  let flag: Bool
  let tiny: Int8, small: Int16, middle: Int32, large: Int64, plain: Int, huge: Int128
  let byte: UInt8, word: UInt16, double: UInt32, quad: UInt64, natural: UInt, vast: UInt128
  let ratio: Double, rough: Float, money: Decimal
  let text: String, at: Date, id: UUID, data: Data, link: URL

  init(using random: inout SeededGenerator) {
    flag = .random(using: &random)
    tiny = .random(in: .min ... .max, using: &random)
    small = .random(in: .min ... .max, using: &random)
    middle = .random(in: .min ... .max, using: &random)
    large = [.min, .max, 0, -1, .random(in: .min ... .max, using: &random)].randomElement(using: &random)!
    plain = .random(in: -1000...1000, using: &random)
    huge = .random(in: .min ... .max, using: &random)
    byte = .random(in: .min ... .max, using: &random)
    word = .random(in: .min ... .max, using: &random)
    double = .random(in: .min ... .max, using: &random)
    quad = .random(in: .min ... .max, using: &random)
    natural = .random(in: .min ... .max, using: &random)
    vast = .random(in: .min ... .max, using: &random)
    ratio = Shapes.double(&random)
    rough = Shapes.float(&random)
    money = Decimal(Int64.random(in: .min ... .max, using: &random)) / pow(10, .random(in: 0...12, using: &random))
    text = Shapes.text(&random)
    at = Shapes.date(&random)
    id = Shapes.uuid(&random)
    data = Data((0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) })
    link = URL(string: "https://example.org/\(Int.random(in: 0...999, using: &random))?a=b/c")!
  }
}

/// An enum with and without payloads, as the compiler encodes it, and one of strings.
enum ChoiceShape: RandomShape {
  case nothing
  case amount(Int)
  case pair(first: String, second: Double?)
  indirect case nested([ChoiceShape])

  init(using random: inout SeededGenerator) {
    switch Int.random(in: 0...6, using: &random) {
    case 0...2: self = .nothing
    case 3: self = .amount(.random(in: -9...9, using: &random))
    case 4, 5: self = .pair(first: Shapes.text(&random), second: .random(using: &random) ? Shapes.double(&random) : nil)
    default: self = .nested((0..<2).map { _ in ChoiceShape(using: &random) })
    }
  }
}

/// Containers within containers, optionals, and dictionaries with every kind of key.
struct TreeShape: RandomShape {
  struct Name: Hashable, Codable, Sendable, CodingKeyRepresentable {
    let text: String
    init(text: String) { self.text = text }
    init?<K: CodingKey>(codingKey: K) { text = codingKey.stringValue }
    var codingKey: any CodingKey { PlainKey(stringValue: text) }
  }
  let zebra: Int?, apple: String?, mango: [TreeShape]
  let byText: [String: ChoiceShape], byNumber: [Int: Bool?], byName: [Name: Date], byDate: [Date: Int]
  let rows: [[Int64?]], words: [String], choice: ChoiceShape?, scalar: ScalarShape?

  init(using random: inout SeededGenerator) { self.init(depth: 2, &random) }

  private init(depth: Int, _ random: inout SeededGenerator) {
    zebra = .random(using: &random) ? .random(in: -5...5, using: &random) : nil
    apple = .random(using: &random) ? Shapes.text(&random) : nil
    let branches = depth == 0 ? 0 : Int.random(in: 0...2, using: &random)
    mango = (0..<branches).map { _ in TreeShape(depth: depth - 1, &random) }
    byText = Shapes.dictionary(&random) { (Shapes.text(&$0), ChoiceShape(using: &$0)) }
    byNumber = Shapes.dictionary(&random) { (.random(in: -99...99, using: &$0), .random(using: &$0) ? nil : true) }
    byName = Shapes.dictionary(&random) { (Name(text: Shapes.text(&$0)), Shapes.date(&$0)) }
    byDate = [Shapes.date(&random): 1]
    rows = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      (0..<Int.random(in: 0...3, using: &random)).map { _ in
        .random(using: &random) ? .random(in: .min ... .max, using: &random) : nil
      }
    }
    words = (0..<Int.random(in: 0...3, using: &random)).map { _ in Shapes.text(&random) }
    choice = .random(using: &random) ? ChoiceShape(using: &random) : nil
    scalar = .random(using: &random) ? ScalarShape(using: &random) : nil
  }
}

struct PlainKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

enum Shapes {
  static func text(_ random: inout SeededGenerator) -> String {
    let pieces = [
      "a", "Z", "0", " ", "/", "\"", "\\", "\n", "\t", "\r", "\u{8}", "\u{c}", "\u{1}", "\u{1f}", "\u{7f}", "é",
      "Ж", "語", "😀", "\u{2028}", "sixteen letters.", "{", "\0",
    ]
    return (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
  }

  static func double(_ random: inout SeededGenerator) -> Double {
    switch Int.random(in: 0...4, using: &random) {
    case 0: return Double(Int.random(in: -1000...1000, using: &random)) / 100
    case 1: return Double(Int64.random(in: .min ... .max, using: &random))
    case 2:
      let notable = [0, -0.0, 1e22, 1e23, .leastNonzeroMagnitude, 0.1, .greatestFiniteMagnitude]
      return notable.randomElement(using: &random)!
    default:
      let value = Double(bitPattern: random.next())
      return value.isFinite ? value : 1
    }
  }

  static func float(_ random: inout SeededGenerator) -> Float {
    let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
    return value.isFinite ? value : 0.3
  }

  /// Also of years in which the calendar was another, and beyond four digits.
  static func date(_ random: inout SeededGenerator) -> Date {
    let range: ClosedRange<Double> = switch Int.random(in: 0...9, using: &random) {
    case 0: -6.2e10...1e12
    case 1: 978_200_000...978_400_000
    case 2: -12_300_000_000...(-12_100_000_000)
    default: 0...4e9
    }
    return Date(timeIntervalSince1970: .random(in: range, using: &random))
  }

  static func uuid(_ random: inout SeededGenerator) -> UUID {
    var bytes = (random.next(), random.next())
    return withUnsafeBytes(of: &bytes) { UUID(uuid: $0.load(as: uuid_t.self)) }
  }

  static func dictionary<K: Hashable, V>(
    _ random: inout SeededGenerator, _ make: (inout SeededGenerator) -> (K, V)
  ) -> [K: V] {
    Dictionary((0..<Int.random(in: 0...40, using: &random) / 10).map { _ in make(&random) }) { first, _ in first }
  }
}
