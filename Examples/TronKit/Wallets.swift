import TronKit

/// Once, on a machine that is kept off the network: makes a wallet, and what the shop's servers are given of it.
func makeWallet(writeDown: (String) -> Void) throws -> ExtendedPublicKey {
  let phrase = try RecoveryPhrase.generate()
  try phrase.withText { writeDown(String(decoding: $0, as: UTF8.self)) }
  return try ExtendedPrivateKey(phrase: phrase).tronAddresses().publicKey
}

/// On the servers: each customer has an address of their own, and no process can spend from any.
struct DepositAddresses {
  private let wallet: ExtendedPublicKey

  init(xpub: String) throws { wallet = try ExtendedPublicKey(parsing: xpub) }

  func address(ofCustomer number: UInt32) throws -> TronAddress { try wallet.child(number).address }
}

/// At the safe again: the key to one of the addresses.
func depositKey(phrase: String, customer number: UInt32) throws -> PrivateKey {
  try ExtendedPrivateKey(mnemonic: phrase).tronAddresses().child(number).key
}
