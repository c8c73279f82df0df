import BusKit
import Foundation

/// Who an operator is, as far as names can tell.
enum OperatorIdentity {
  /// In bytes, as it is compared.
  static let lengthMax = 100

  /// The form in which names are compared: without case, spaces, invisible characters and different forms of the same
  /// letters. `nil` for what is then empty or too long.
  static func of(_ actor: String) -> String? {
    guard actor.utf8.count <= 1_000 else { return nil }
    let folded = actor.precomposedStringWithCompatibilityMapping.lowercased()
    let kept = folded.unicodeScalars.filter { scalar in
      // Some letters and marks show nothing either: fillers of Hangul, variation selectors, an empty Braille cell.
      if scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{2800}" { return false }
      return switch scalar.properties.generalCategory {
      case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
      default: true
      }
    }
    // Once more: what was dropped may have kept a letter from its accent.
    let name = String(String.UnicodeScalarView(kept)).precomposedStringWithCompatibilityMapping
    return (1...lengthMax).contains(name.utf8.count) ? name : nil
  }

  /// What is wrong with an action; nil when nothing is.
  static func mistake(in action: OperatorAction) -> AdjustmentRules.Refusal? {
    guard (1...OperatorAction.keyLengthMax).contains(action.key.utf8.count) else {
      return .init(code: "invalid_key", detail: "give a key of 1 to \(OperatorAction.keyLengthMax) bytes")
    }
    guard of(action.actor) != nil else {
      return .init(code: "invalid_operator", detail: "say who does this: a name of 1 to \(lengthMax) bytes")
    }
    let reason = action.reason.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !reason.isEmpty, action.reason.count <= OperatorAction.reasonLengthMax else {
      return .init(
        code: "invalid_reason", detail: "say why, in 1 to \(OperatorAction.reasonLengthMax) characters")
    }
    return nil
  }
}
