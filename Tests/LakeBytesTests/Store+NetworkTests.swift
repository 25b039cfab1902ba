import LakeCore
import Testing

@testable import LakeBytes

@Suite struct StoreNetworkTests {
    @Test func localFileSystemsMayBeWritten() throws {
        let directory = try TemporaryDirectory()
        let store = LocalStore()
        try store.checkWritable(directory.path)
        #expect(#expect(throws: LakeError.self) { try store.checkWritable(directory.file("x")) }?.code == .missing)
    }

    @Test func networkFileSystemsAreRecognised() {
        let mounts = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            36 22 0:31 / /mnt/share rw - nfs4 server:/share rw
            37 22 0:300 / /mnt/a\\040b rw shared:2 master:1 - 9p host rw
            bad line
            """
        #expect(fileSystem(of: 254 << 8, mounts) == "ext4")
        #expect(fileSystem(of: 31, mounts) == "nfs4")
        #expect(fileSystem(of: 300 & 0xFF | (300 >> 8) << 20, mounts) == "9p")
        #expect(fileSystem(of: 32, mounts) == nil && fileSystem(of: 31, "") == nil)
        #expect(LocalStore.isNetwork("nfs4") && LocalStore.isNetwork("9p") && !LocalStore.isNetwork("ext4"))
    }
}
