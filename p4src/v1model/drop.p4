@name(".oum_drop") @id(0x01000005)
action oum_drop(inout standard_metadata_t standard_metadata) {
    mark_to_drop(standard_metadata);
}
