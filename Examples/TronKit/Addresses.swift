import TronKit

/// Reads what a person typed. A mistake says what is wrong with the text, and has a stable code.
public func readAddress(_ text: String) throws -> TronAddress { try TronAddress(parsing: text) }

/// What a form shows beside the field.
func complaint(about text: String) -> String? {
  do throws(TronAddressError) {
    _ = try TronAddress(parsing: text)
    return nil
  } catch {
    return "\(error.code): \(error)"
  }
}
