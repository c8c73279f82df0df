import BusKit
import Foundation

/// What a command found: lines for people, one line of JSON for programs.
protocol Report: Encodable, Sendable {
  var text: String { get }
}

func show(_ report: some Report, json: Bool) throws {
  if json { try printJSON(report) } else { print(report.text) }
}

/// Columns of text, each as wide as its widest cell; numbers stand to the right.
struct TextTable {
  private var rows: [[String]]
  private let columns: Int

  init(_ headings: String...) {
    rows = [headings]
    columns = headings.count
  }

  mutating func add(_ cells: String...) { rows.append(cells) }

  var text: String {
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return row[column].first?.isNumber == true ? padding + row[column] : row[column] + padding
      }.joined(separator: "  ").replacing(/\ +$/, with: "")
    }.joined(separator: "\n")
  }
}

enum Words {
  /// `850 ms`, `12 s`, `3 m 5 s`, `2 h 10 m`, `4 d 3 h`.
  static func age(milliseconds: Int64) -> String {
    let seconds = milliseconds / 1000
    return switch seconds {
    case ..<1: "\(max(0, milliseconds)) ms"
    case ..<60: "\(seconds) s"
    case ..<3_600: "\(seconds / 60) m \(seconds % 60) s"
    case ..<86_400: "\(seconds / 3_600) h \(seconds / 60 % 60) m"
    default: "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
    }
  }

  static func age(seconds: Double) -> String { age(milliseconds: Int64(min(seconds, 1e12) * 1000)) }

  static func bytes(_ count: Int) -> String {
    switch count {
    case ..<1_024: "\(count) B"
    case ..<1_048_576: "\(count / 1_024) KiB"
    default: "\(count / 1_048_576) MiB"
    }
  }

  /// Nothing that a message or a file carries may steer the terminal, turn the direction of text or begin another line.
  static func safe(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { steers($0) ? " " : $0 }))
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
