/// Reads what an index says of an account, and refuses what cannot be: another address, a token that is listed twice,
/// an amount that is no whole number from zero up.
struct IndexAmount {
  /// Of the index, for errors.
  let name: String

  /// The bytes of an answer about one account. Accounts that were showered with worthless tokens have thousands.
  static let bodyLimit = 4 * 1024 * 1024

  /// An index, or whoever stands between, that answers for another address must not be believed in anything.
  /// - Throws: `TronNodeError.malformed`.
  func check(_ echo: String?, is asked: TronAddress) throws(TronNodeError) {
    guard let echo else { throw malformed("names no address where it was asked for \(asked)") }
    guard Self.address(echo) == asked else {
      throw malformed("answered for \(Self.quoted(echo)) where it was asked for \(asked)")
    }
  }

  /// In base58 or hexadecimal; nil for a text that is no address.
  private static func address(_ text: String) -> TronAddress? {
    do throws(TronAddressError) { return try TronAddress(parsing: text) } catch { return nil }
  }

  /// A token's amount in its smallest unit; zero where the token is not listed.
  /// - Parameter listed: every amount that stands under the token's contract.
  func token(_ listed: [String]) throws(TronNodeError) -> Int64 {
    guard let text = listed.first else { return 0 }
    guard listed.count == 1 else { throw malformed("lists the token \(listed.count) times") }
    // `Int64` alone would take a sign.
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let amount = Int64(text)
    else { throw malformed("gave the token balance \(Self.quoted(text))") }
    return amount
  }

  func malformed(_ what: String) -> TronNodeError { TronNodeError(.malformed, "\(name) \(what)") }

  private static func quoted(_ text: String) -> String { text.prefix(60).debugDescription }
}
