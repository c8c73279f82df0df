import Foundation

/// What a customer calls an address. It is shown in chats and lists among other texts, so it may not break lines or
/// turn the direction of what follows.
enum AddressLabel {
  /// As a reader counts them.
  static let lengthMax = 40
  /// A character may be made of any number of code points.
  static let bytesMax = 320

  static func trimmed(_ label: String) -> String {
    label.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Why a label is refused; nil when it is fine.
  static func fault(of label: String) -> (code: String, detail: String)? {
    guard label.count <= lengthMax, label.utf8.count <= bytesMax else {
      return (
        "label_too_long",
        "the label has \(label.count) characters in \(label.utf8.count) bytes; the most is \(lengthMax) in \(bytesMax)"
      )
    }
    if let scalar = label.unicodeScalars.first(where: isUnprintable) {
      let code = String(scalar.value, radix: 16, uppercase: true)
      return ("label_unprintable", "the label has the control character U+\(code); leave it out")
    }
    return nil
  }

  /// Joiners stay allowed: emoji and some scripts need them.
  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    case .format: !(0x200C...0x200D).contains(scalar.value) && !(0xE0020...0xE007F).contains(scalar.value)
    default: false
    }
  }
}
