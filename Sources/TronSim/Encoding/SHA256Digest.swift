import Crypto

/// SHA-256 as a plain byte array.
func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
  Array(SHA256.hash(data: Array(bytes)))
}
