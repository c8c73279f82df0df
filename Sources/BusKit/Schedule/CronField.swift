/// One field of an expression: what it may hold and how it is read.
struct CronField {
  let name: String
  let range: ClosedRange<Int>
  /// Three-letter names of the values from `range.lowerBound` on, in capitals.
  var names: [String] = []

  static let minute = CronField(name: "minute", range: 0...59)
  static let hour = CronField(name: "hour", range: 0...23)
  static let dayOfMonth = CronField(name: "day of month", range: 1...31)
  static let month = CronField(
    name: "month", range: 1...12,
    names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
  /// Sunday is 0 and 7.
  static let dayOfWeek = CronField(
    name: "day of week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

  /// The values of a list of terms, as a set of bits.
  func parse(_ text: Substring) throws(CronError) -> UInt64 {
    var bits: UInt64 = 0
    for term in text.split(separator: ",", omittingEmptySubsequences: false) { bits |= try parse(term: term) }
    return bits
  }

  /// `*`, `a`, `a-b`, and the ranges with `/step`.
  private func parse(term: Substring) throws(CronError) -> UInt64 {
    let parts = term.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let step = parts.count == 2 ? try parse(step: parts[1], of: term) : 1
    let values: ClosedRange<Int>
    if parts[0] == "*" {
      // Both names of Sunday would let a step start anew at 7.
      values = names.first == "SUN" ? 0...6 : range
    } else {
      let ends = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      let first = try parse(value: ends[0], of: term)
      let last = ends.count == 2 ? try parse(value: ends[1], of: term) : first
      guard first <= last else {
        throw error(term, "a range ends at or after its start; write two ranges with a comma")
      }
      guard ends.count == 2 || parts.count == 1 else {
        throw error(term, "a step needs a range; write \(first)-\(range.upperBound)/\(step)")
      }
      values = first...last
    }
    return stride(from: values.lowerBound, through: values.upperBound, by: step).reduce(0) { $0 | 1 << UInt64($1) }
  }

  private func parse(step text: Substring, of term: Substring) throws(CronError) -> Int {
    guard let step = number(text), (1...range.upperBound).contains(step) else {
      throw error(term, "a step is a number from 1 to \(range.upperBound)")
    }
    return step
  }

  private func parse(value text: Substring, of term: Substring) throws(CronError) -> Int {
    if let index = names.firstIndex(of: text.uppercased()) { return range.lowerBound + index }
    guard let value = number(text), range.contains(value) else { throw error(term, allowed) }
    return value
  }

  /// ASCII digits only: `Int` would also take a sign.
  private func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }

  private var allowed: String {
    var text = "give *, values from \(range.lowerBound) to \(range.upperBound)"
    if let first = names.first, let last = names.last { text += " or \(first) to \(last)" }
    text += ", ranges a-b, steps */n or a-b/n, and lists with commas"
    return name == Self.dayOfMonth.name ? text + ", or L" : text
  }

  private func error(_ term: Substring, _ allowed: String) -> CronError {
    CronError(field: name, value: String(term), allowed: allowed)
  }
}
