#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Foundation
import Synchronization
import Testing

@testable import TronKit

@Suite struct SecretMemoryTests {
  #if os(Linux)
    /// What the kernel says of the mapping in which an address lies: `lo` is locked, `dd` is left out of core dumps.
    private func flags(of address: UInt) throws -> [Substring] {
      var isInside = false
      // Files of the kernel have no length; read until the end.
      let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
      let text = String(decoding: try #require(try file.readToEnd()), as: UTF8.self)
      for line in text.split(separator: "\n") {
        if let match = line.firstMatch(of: #/^([0-9a-f]+)-([0-9a-f]+) /#) {
          isInside = (UInt(match.1, radix: 16) ?? .max) <= address && address < (UInt(match.2, radix: 16) ?? 0)
        } else if isInside, line.hasPrefix("VmFlags:") {
          return line.split(separator: " ").dropFirst().map { $0 }
        }
      }
      return []
    }

    @Test(arguments: [32, 64, 65, 10_000]) func secretsLieInLockedPagesThatAreNotDumped(count: Int) throws {
      let secret = try SecretBytes(count: count) { $0.storeBytes(of: 7, as: UInt8.self) }
      try secret.withUnsafeBytes { bytes in
        for place in [0, count - 1] {
          let flags = try flags(of: UInt(bitPattern: bytes.baseAddress) + UInt(place))
          #expect(flags.contains("lo") && flags.contains("dd"), "\(flags)")
        }
      }
      let key = try PrivateKey.generate()
      let address = key.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(try flags(of: address).contains("lo"))
    }
  #endif

  @Test func memoryThatIsGivenBackHoldsZeros() throws {
    let arena = SecretArena(lock: mlock)
    let pointer = try {
      let secret = try SecretBytes(count: 32, in: arena)
      secret.mutable.copyBytes(from: [UInt8](repeating: 0xab, count: 32))
      return UnsafeRawPointer(secret.bytes)
    }()
    // Slots stay mapped, so their bytes can still be read.
    #expect(UnsafeRawBufferPointer(start: pointer, count: 32).allSatisfy { $0 == 0 })
    #expect(arena.report.secrets == 0)
  }

  @Test func whatCannotBeLockedIsHeldAndCounted() throws {
    let calls = Mutex(0)
    let arena = SecretArena { _, _ in
      calls.withLock { $0 += 1 }
      errno = ENOMEM
      return -1
    }
    let secret = try SecretBytes(count: 32, in: arena)
    secret.mutable.copyBytes(from: [UInt8](repeating: 1, count: 32))
    #expect(secret.withUnsafeBytes { Array($0) } == [UInt8](repeating: 1, count: 32))
    let shared = arena.report.unlockedBytes
    #expect(shared > 0 && arena.report.lockedBytes == 0)
    #expect(arena.report.lockFailure == "Cannot allocate memory")
    do {
      let large = try SecretBytes(count: 5_000, in: arena)
      #expect(large.count == 5_000 && arena.report.unlockedBytes > shared)
    }
    #expect(arena.report.unlockedBytes == shared)
    #expect(calls.withLock { $0 } == 2)
    let error = KeyError.notLocked(try #require(arena.report.lockFailure))
    #expect(error.code == "memory_not_locked" && error.description.contains("RLIMIT_MEMLOCK"))
  }

  @Test func thousandsOfKeysShareFewPages() throws {
    let arena = SecretArena(lock: mlock)
    var secrets = try (0..<2_000).map { _ in try SecretBytes(count: 32, in: arena) }
    #expect(Set(secrets.map { UInt(bitPattern: $0.bytes) }).count == 2_000)
    #expect(arena.report.secrets == 2_000)
    let bytes = arena.report.lockedBytes + arena.report.unlockedBytes
    #expect(bytes < 200_000)
    secrets = []
    secrets = try (0..<2_000).map { _ in try SecretBytes(count: 64, in: arena) }
    #expect(arena.report.lockedBytes + arena.report.unlockedBytes == bytes)
    #expect(secrets.allSatisfy { $0.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } })
  }

  @Test func theMemoryOfThisProcessCanBeLocked() throws {
    try SecretMemory.requireLocked()
    #expect(SecretMemory.report.lockFailure == nil)
    #expect(SecretMemory.report.unlockedBytes == 0)
  }

  @Test func secretsAreEqualByTheirBytesAndShowNone() throws {
    func secret(_ bytes: [UInt8]) throws -> SecretBytes { try bytes.withUnsafeBytes { try SecretBytes(copying: $0) } }
    #expect(try secret([1, 2, 3]) == secret([1, 2, 3]))
    #expect(try secret([1, 2, 3]) != secret([1, 2, 4]))
    #expect(try secret([1, 2, 3]) != secret([1, 2]))
    #expect(try secret([]) == secret([]))
    var dumped = ""
    dump(try secret([171, 205]), to: &dumped)
    #expect(dumped.contains("•••") && !dumped.contains("171"))
    #expect("\(try secret([171]))" == "•••")
  }

  @Test func manyTasksTakeAndGiveBackTheirOwnMemory() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<8 {
        group.addTask {
          for _ in 0..<500 {
            let secret = try SecretBytes(count: 48) { $0.copyBytes(from: [UInt8](repeating: UInt8(number), count: 48)) }
            guard secret.withUnsafeBytes({ $0.allSatisfy { $0 == UInt8(number) } }) else { return false }
          }
          return true
        }
      }
      for try await isOwn in group { #expect(isOwn) }
    }
  }
}
