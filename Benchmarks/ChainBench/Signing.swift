import BenchKit
import CSecp256k1
import Crypto
import TronKit

/// How many delegations are built, hashed and signed in a second on one core, against what libsecp256k1 alone can do
/// with ready digests: the ceiling of whatever uses it.
enum Signing {
  @Sendable static func measure() throws -> [Figure] {
    let key = try PrivateKey.generate()
    let receiver = try PrivateKey.generate().address
    let block = try BlockID(hex: "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25")
    let rates = try key.withUnsafeBytes { bytes in
      try Rounds.rates(
        rounds: 15, calls: 1_000,
        [
          { calls in
            var sum = 0
            for call in 0..<calls {
              let raw = RawTransaction(
                referencing: block, expiration: 1_791_285_831_000, timestamp: 1_791_285_772_380 + Int64(call),
                contract: .delegateResource(
                  owner: key.address, receiver: receiver, resource: .energy, balance: Sun(5_000_000 + Int64(call)),
                  lock: false, lockPeriod: 0),
                permissionID: 2)
              sum &+= Int(try raw.signed(with: key).encoded()[100])
            }
            return sum
          },
          try ceiling(bytes),
        ])
    }
    return [
      Figure("signs_per_second", rates[0], goal: ">= 10000"),
      Figure("sign_ceiling_per_second", rates[1]),
      Figure("sign_vs_ceiling", rates[0] / rates[1], goal: ">= 0.5"),
    ]
  }

  /// `secp256k1_ecdsa_sign_recoverable` and nothing else.
  private static func ceiling(_ key: UnsafeRawBufferPointer) throws -> (Int) throws -> Int {
    guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_SIGN)), let key = key.baseAddress else {
      throw BenchFailure("libsecp256k1 has no context")
    }
    let digests = (0..<1_000).map { Array(SHA256.hash(data: withUnsafeBytes(of: $0) { Array($0) })) }
    return { calls in
      var sum = 0
      var signature = secp256k1_ecdsa_recoverable_signature()
      for call in 0..<calls {
        let key = key.assumingMemoryBound(to: UInt8.self)
        sum &+= Int(
          secp256k1_ecdsa_sign_recoverable(context, &signature, digests[call % digests.count], key, nil, nil))
      }
      guard sum == calls else { throw BenchFailure("libsecp256k1 did not sign") }
      return sum
    }
  }
}
