import Contracts
import Foundation
import TronKit

/// Numbers, durations and times as people read them. Independent of the machine's locale.
enum Format {
  /// `1,234,567`
  static func grouped(_ value: Int64) -> String {
    var digits = String(value.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = String(digits.dropLast(3))
    }
    return (value < 0 ? "-" : "") + ([Substring(digits)] + groups).joined(separator: ",")
  }

  /// `1,234.5`: millionths without trailing zeros.
  static func millionths(_ value: Int64) -> String {
    let whole = grouped(Int64(value.magnitude / 1_000_000))
    var decimals = String(value.magnitude % 1_000_000 + 1_000_000).dropFirst()
    while decimals.hasSuffix("0") { decimals = decimals.dropLast() }
    return (value < 0 ? "-" : "") + whole + (decimals.isEmpty ? "" : "." + decimals)
  }

  static func trx(_ amount: Sun) -> String { "\(millionths(amount.value)) TRX" }
  static func money(_ money: Money) -> String { "\(millionths(money.amount)) \(money.currency.rawValue)" }
  static func usdt(_ micro: Int64) -> String { "\(millionths(micro)) USDT" }

  /// In the largest unit that divides it: `10 s`, `1 h`, `3 days`.
  static func duration(_ seconds: Int64, _ texts: TextTable) -> String {
    let units: [(Int64, one: TextKey, many: TextKey)] = [
      (86_400, .day, .days), (3_600, .hour, .hours), (60, .minute, .minutes), (1, .second, .seconds),
    ]
    guard seconds > 0, let unit = units.first(where: { seconds % $0.0 == 0 }) else { return "\(seconds)" }
    let count = seconds / unit.0
    return texts.plain(count == 1 ? unit.one : unit.many, ["count": grouped(count)])
  }

  /// `2026-01-31 12:00:00 UTC`
  static func time(_ date: Date) -> String {
    let style = Date.ISO8601FormatStyle(
      dateSeparator: .dash, dateTimeSeparator: .space, timeSeparator: .colon, includingFractionalSeconds: false)
    return date.formatted(style).replacingOccurrences(of: "Z", with: "") + " UTC"
  }

  /// `TXYZab…6789`
  static func short(_ address: TronAddress) -> String {
    let text = address.base58
    return "\(text.prefix(6))…\(text.suffix(4))"
  }

  /// A whole number of energy as people type it: `65000`, `65,000`, `65 000`, `65k`. nil for everything else.
  static func parseEnergy(_ text: String) -> Energy? {
    var digits = text.lowercased()
    var factor: Int64 = 1
    if digits.hasSuffix("k") || digits.hasSuffix("m") {
      factor = digits.hasSuffix("k") ? 1_000 : 1_000_000
      digits.removeLast()
    }
    digits.removeAll { $0 == "," || $0 == "_" || $0 == "\u{ff0c}" || $0.isWhitespace }
    guard (1...12).contains(digits.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int64(digits), number > 0
    else { return nil }
    return Energy(number * factor)
  }
}
