import TronKit

/// Lets people in who prove that they hold an address.
struct Login {
  let service: String
  private var open: [String: Int64] = [:]

  init(service: String) { self.service = service }

  /// What the wallet is asked to sign (`tronWeb.trx.signMessageV2`). It names the service, is good once, and ends.
  mutating func challenge(for address: TronAddress, nonce: String, now: Int64) -> String {
    let text = "Sign in to \(service) as \(address)\nNonce: \(nonce)\nUntil: \(now + 300_000)"
    open[text] = now + 300_000
    return text
  }

  /// A text is taken once, whatever comes of it.
  mutating func enter(_ text: String, signature: String, as address: TronAddress, now: Int64) throws -> Bool {
    guard let end = open.removeValue(forKey: text), now < end else { return false }
    return MessageSigning.verify(text, signature: try Signature(hex: signature), by: address)
  }
}
