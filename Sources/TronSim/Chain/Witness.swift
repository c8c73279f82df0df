/// The one super representative that signs the simulator's blocks. Its key is public on purpose and owns nothing.
enum Witness {
  static let key: KeyPair = {
    var seed = sha256("tron-sim witness".utf8)
    while true {
      if let key = KeyPair(privateKey: seed) { return key }
      seed = sha256(seed)
    }
  }()
}
